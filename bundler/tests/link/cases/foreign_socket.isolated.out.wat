;; wasi_vfs::link::foreign_signature
;; left `wasi_snapshot_preview1.sock_accept` to the host: the program imports it as `(func (param i32 i32) (result i32))`, WASI defines `(func (param i32 i32 i32) (result i32))`
;; help: no action is needed unless the program passes this function the file descriptor of an embedded file, which the host does not know
(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func (param i32) (result i32)))
  (type (;2;) (func))
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (;0;) (type 0)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (;1;) (type 1)))
  (memory (;0;) 1)
  (memory $wasi_vfs::memory (;1;) 2)
  (export "memory" (memory 0))
  (export "_start" (func 2))
  (func (;2;) (type 2)
    i32.const 3
    i32.const 4
    call $accept
    call $wasi_vfs::fd_close
    drop
  )
  (func $wasi_vfs::count (;3;) (type 1) (param i32) (result i32)
    local.get 0
    local.get 0
    i32.load $wasi_vfs::memory
    i32.const 1
    i32.add
    i32.store $wasi_vfs::memory
    local.get 0
    i32.load $wasi_vfs::memory
  )
  (func $wasi_vfs::fd_close (;4;) (type 1) (param i32) (result i32)
    i32.const 16
    call $wasi_vfs::count
    drop
    local.get 0
    call $close
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
