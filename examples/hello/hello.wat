;; A small `cat` and `ls` for WASI preview1, written out by hand: it needs no toolchain.
;;
;;   hello            prints /greeting.txt
;;   hello PATH       prints the file, or lists the directory, at the absolute path PATH
;;
;; Nothing in it knows about bundling: it opens, reads and lists what directory descriptor 3 shows it.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; Memory: small results at 0 to 255, texts from 256, a 4 KiB buffer at 4096, the arguments from 8192.
  (memory (export "memory") 2)
  (data (i32.const 256) "/greeting.txt\00")
  (data (i32.const 272) "hello: cannot open `")
  (data (i32.const 292) "`\n")

  (global $iovec i32 (i32.const 0))       ;; address and length of one buffer, 8 bytes
  (global $count i32 (i32.const 8))       ;; how many bytes a call read or wrote
  (global $opened i32 (i32.const 12))     ;; the descriptor that path_open made
  (global $argc i32 (i32.const 16))
  (global $args_size i32 (i32.const 20))
  (global $fdstat i32 (i32.const 32))     ;; 24 bytes; the first one is the file type
  (global $greeting i32 (i32.const 256))
  (global $buffer i32 (i32.const 4096))
  (global $buffer_size i32 (i32.const 4096))
  (global $argv i32 (i32.const 8192))     ;; pointers to the arguments, then the arguments

  (func (export "_start")
    (local $path i32) (local $fd i32)
    (local.set $path (call $path_argument))
    (local.set $fd (call $open (local.get $path)))
    (drop (call $fd_fdstat_get (local.get $fd) (global.get $fdstat)))
    (if (i32.eq (i32.load8_u (global.get $fdstat)) (i32.const 3)) ;; 3: a directory
      (then (call $list (local.get $fd)))
      (else (call $print (local.get $fd)))))

  ;; The first argument, or the greeting's path.
  (func $path_argument (result i32)
    (local $texts i32)
    (drop (call $args_sizes_get (global.get $argc) (global.get $args_size)))
    (if (i32.lt_u (i32.load (global.get $argc)) (i32.const 2))
      (then (return (global.get $greeting))))
    ;; The texts lie behind the pointers.
    (local.set $texts
      (i32.add (global.get $argv) (i32.mul (i32.load (global.get $argc)) (i32.const 4))))
    (drop (call $args_get (global.get $argv) (local.get $texts)))
    (i32.load offset=4 (global.get $argv)))

  ;; Opens an absolute path below the first preopened directory, or ends the program.
  (func $open (param $path i32) (result i32)
    (local $relative i32)
    (local.set $relative (local.get $path))
    ;; WASI's paths are relative to a directory: `/` is descriptor 3, and `/a` is `a` there.
    (block $done
      (loop $slashes
        (br_if $done (i32.ne (i32.load8_u (local.get $relative)) (i32.const 47)))
        (local.set $relative (i32.add (local.get $relative) (i32.const 1)))
        (br $slashes)))
    (if (i32.eqz (i32.load8_u (local.get $relative)))
      (then ;; `/` itself is `.` there
        (i32.store8 (local.get $relative) (i32.const 46))
        (i32.store8 offset=1 (local.get $relative) (i32.const 0))))
    (if (call $path_open
          (i32.const 3)
          (i32.const 1) ;; follow symlinks
          (local.get $relative)
          (call $length (local.get $relative))
          (i32.const 0) ;; neither create nor truncate
          (i64.const 0x4002) ;; the rights to read and to list
          (i64.const 0)
          (i32.const 0)
          (global.get $opened))
      (then
        (call $write (i32.const 2) (i32.const 272) (i32.const 20))
        (call $write (i32.const 2) (local.get $path) (call $length (local.get $path)))
        (call $write (i32.const 2) (i32.const 292) (i32.const 2))
        (call $proc_exit (i32.const 1))))
    (i32.load (global.get $opened)))

  ;; Copies a file to the standard output.
  (func $print (param $fd i32)
    (loop $again
      (i32.store (global.get $iovec) (global.get $buffer))
      (i32.store offset=4 (global.get $iovec) (global.get $buffer_size))
      (if (call $fd_read (local.get $fd) (global.get $iovec) (i32.const 1) (global.get $count))
        (then (call $proc_exit (i32.const 1))))
      (if (i32.load (global.get $count))
        (then
          (call $write (i32.const 1) (global.get $buffer) (i32.load (global.get $count)))
          (br $again)))))

  ;; Writes the names in a directory to the standard output, one a line.
  (func $list (param $fd i32)
    (local $cookie i64) (local $entry i32) (local $end i32) (local $name_end i32)
    (loop $again
      (if (call $fd_readdir (local.get $fd) (global.get $buffer) (global.get $buffer_size)
            (local.get $cookie) (global.get $count))
        (then (call $proc_exit (i32.const 1))))
      (local.set $entry (global.get $buffer))
      (local.set $end (i32.add (global.get $buffer) (i32.load (global.get $count))))
      ;; Each entry: where to go on (8 bytes), inode (8), length of the name (4), type (1), 3 unused; the name.
      (block $read
        (loop $next
          (br_if $read (i32.gt_u (i32.add (local.get $entry) (i32.const 24)) (local.get $end)))
          (local.set $name_end
            (i32.add (local.get $entry) (i32.add (i32.const 24) (i32.load offset=16 (local.get $entry)))))
          ;; The last entry may be cut off: it comes again, whole.
          (br_if $read (i32.gt_u (local.get $name_end) (local.get $end)))
          (local.set $cookie (i64.load (local.get $entry)))
          (call $write (i32.const 1)
            (i32.add (local.get $entry) (i32.const 24)) (i32.load offset=16 (local.get $entry)))
          (call $write (i32.const 1) (i32.const 293) (i32.const 1)) ;; the line feed of the second text
          (local.set $entry (local.get $name_end))
          (br $next)))
      ;; A buffer that is not full: that was the end.
      (br_if $again (i32.eq (i32.load (global.get $count)) (global.get $buffer_size)))))

  ;; Writes all of a text to a descriptor.
  (func $write (param $fd i32) (param $text i32) (param $size i32)
    (loop $again
      (i32.store (global.get $iovec) (local.get $text))
      (i32.store offset=4 (global.get $iovec) (local.get $size))
      (if (call $fd_write (local.get $fd) (global.get $iovec) (i32.const 1) (global.get $count))
        (then (call $proc_exit (i32.const 1))))
      (local.set $text (i32.add (local.get $text) (i32.load (global.get $count))))
      (local.set $size (i32.sub (local.get $size) (i32.load (global.get $count))))
      (br_if $again (local.get $size))))

  ;; The length of a text that ends with a zero byte.
  (func $length (param $text i32) (result i32)
    (local $at i32)
    (local.set $at (local.get $text))
    (block $done
      (loop $more
        (br_if $done (i32.eqz (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $more)))
    (i32.sub (local.get $at) (local.get $text))))
