(module
  (type (;0;) (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (;0;) (type 0)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $sync (;1;) (type 0)))
  (memory (;0;) 2)
  (global $wasi_vfs::pages (;0;) (mut i32) i32.const 1)
  (global $wasi_vfs::base (;1;) (mut i32) i32.const 65536)
  (global $wasi_vfs::region (;2;) (mut i32) i32.const 1)
  (export "memory" (memory 0))
  (export "close" (func $wasi_vfs::fd_close))
  (export "sync" (func $wasi_vfs::fd_sync))
  (func $wasi_vfs::only_in_one (;2;) (type 0) (param i32) (result i32)
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    i32.load
  )
  (func $wasi_vfs::fd_close (;3;) (type 0) (param i32) (result i32)
    block (result i32) ;; label = @1
      block (result i32) ;; label = @2
        local.get 0
        call $wasi_vfs::only_in_one
      end
    end
    block ;; label = @1
    end
    block ;; label = @1
      i32.const 0
      call $close
      drop
    end
    block ;; label = @1
      br 0 (;@1;)
    end
    block ;; label = @1
      i32.const 4
      call $close
      drop
    end
    i32.const 1
    local.set 0
    local.get 0
    i32.add
  )
  (func $wasi_vfs::fd_sync (;4;) (type 0) (param i32) (result i32)
    i32.const 0
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
