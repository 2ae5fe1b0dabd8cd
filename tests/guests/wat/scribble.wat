;; Writes a file into /tmp, then 0xA5 over every byte of memory, again after growing, and looks whether the embedded file
;; and the written one are as they were: traps when not.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (memory (export "memory") 1)

  (func $check (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))

  ;; Every byte that there is.
  (func $scribble
    (memory.fill (i32.const 0) (i32.const 0xA5) (i32.mul (memory.size) (i32.const 65536))))

  ;; "file.txt" at 64, "tmp/written" at 96, and what is written at 128.
  (func $words
    (i64.store (i32.const 64) (i64.const 0x7478742e656c6966))
    (i64.store (i32.const 96) (i64.const 0x746972772f706d74))
    (i64.store (i32.const 104) (i64.const 0x6e6574))
    (i64.store (i32.const 128) (i64.const 0x0a6e657474697277)))

  (func $open (param $path i32) (param $size i32) (param $flags i32) (result i32)
    (call $check (i32.eqz (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (local.get $size)
      (local.get $flags) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 16))))
    (i32.load (i32.const 16)))

  (func $open_to_read (param $path i32) (param $size i32) (result i32)
    (call $check (i32.eqz (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (local.get $size)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16))))
    (i32.load (i32.const 16)))

  ;; Reads 9 bytes to 256, which must be `first` and then a byte more or nothing.
  (func $expect (param $fd i32) (param $first i64) (param $size i32)
    (i32.store (i32.const 0) (i32.const 256))
    (i32.store (i32.const 4) (i32.const 100))
    (call $check (i32.eqz (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 20))))
    (call $check (i32.eq (i32.load (i32.const 20)) (local.get $size)))
    (call $check (i64.eq (i64.load (i32.const 256)) (local.get $first))))

  (func (export "_start") (local $written i32) (local $file i32) (local $round i32)
    (call $words)
    (local.set $file (call $open_to_read (i32.const 64) (i32.const 8)))
    (local.set $written (call $open (i32.const 96) (i32.const 11) (i32.const 1)))
    (i32.store (i32.const 0) (i32.const 128))
    (i32.store (i32.const 4) (i32.const 8))
    (call $check (i32.eqz (call $fd_write (local.get $written) (i32.const 0) (i32.const 1) (i32.const 20))))
    (call $check (i32.eqz (call $fd_close (local.get $written))))
    ;; The embedded file that is open since before: "embedded\n".
    (call $scribble)
    (call $expect (local.get $file) (i64.const 0x6465646465626d65) (i32.const 9))
    (loop $again
      (call $scribble)
      (call $check (i32.ne (memory.grow (i32.const 7)) (i32.const -1)))
      (call $scribble)
      (call $words)
      (call $expect (call $open_to_read (i32.const 64) (i32.const 8)) (i64.const 0x6465646465626d65) (i32.const 9))
      (call $expect (call $open_to_read (i32.const 96) (i32.const 11)) (i64.const 0x0a6e657474697277) (i32.const 8))
      (br_if $again (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 20))))))
