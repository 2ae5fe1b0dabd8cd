;; wasi_vfs::link::custom_malformed
;; dropped the malformed section `name`
;; help: no action is needed: only debuggers and tools use the section
;; wasi_vfs::link::custom_malformed
;; dropped the malformed section `producers`
;; help: no action is needed: only debuggers and tools use the section
;; wasi_vfs::link::custom_malformed
;; dropped the malformed section `target_features`
;; help: no action is needed: only debuggers and tools use the section
(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (;0;) (type 0)))
  (memory (;0;) 1)
  (memory $wasi_vfs::memory (;1;) 2)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (func (;1;) (type 1)
    i32.const 3
    call $wasi_vfs::fd_close
    drop
  )
  (func $wasi_vfs::count (;2;) (type 0) (param i32) (result i32)
    local.get 0
    local.get 0
    i32.load $wasi_vfs::memory
    i32.const 1
    i32.add
    i32.store $wasi_vfs::memory
    local.get 0
    i32.load $wasi_vfs::memory
  )
  (func $wasi_vfs::fd_close (;3;) (type 0) (param i32) (result i32)
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
