;; An interposer that asks the linker what it is linked for, in every way that is decided.
(module
  (import "wasi_snapshot_preview1" "fd_sync" (func $host_fd_sync (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $host_fd_close (param i32) (result i32)))
  (import "wasi_vfs" "snapshot" (func $snapshot (result i32)))
  (import "wasi_vfs" "host_policy" (func $host_policy (result i32)))
  (memory 1)
  (func $only_in_zero (param i32) (result i32) (call $host_fd_sync (local.get 0)))
  (func $only_in_one (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "fd_close") (param $p i32) (result i32)
    ;; Two arms with a result, and a block in each.
    (if (result i32) (call $snapshot)
      (then (block (result i32) (call $only_in_one (local.get $p))))
      (else (block (if (local.get $p) (then nop) (else (br 2 (i32.const 9)))))
        (call $only_in_zero (local.get $p))))
    ;; One arm, negated; a jump out of it goes as far as before.
    (block $out
      (if (i32.eqz (call $snapshot))
        (then
          (br_if 0 (local.get $p))
          (br_if $out (i32.const 5) (i32.eqz) (i32.eqz))
          (drop (call $only_in_zero (i32.const 1))))))
    ;; Compared with a constant.
    (if (i32.eq (call $host_policy) (i32.const 2))
      (then (drop (call $host_fd_close (i32.const 2)))))
    (if (i32.gt_u (i32.const 1) (call $host_policy))
      (then (drop (call $host_fd_close (i32.const 0)))))
    ;; Jumps.
    (block
      (br_if 0 (call $snapshot))
      (drop (call $host_fd_close (i32.const 3))))
    (block
      (br_if 0 (i32.ne (call $snapshot) (i32.const 1)))
      (drop (call $host_fd_close (i32.const 4))))
    ;; Not decided here: it is a value like others.
    (i32.add (local.set $p (call $snapshot)) (local.get $p)))
  (func (export "fd_sync") (param i32) (result i32)
    (call $host_policy)))
