(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func (param i32)))
  (import "wasi_unstable" "fd_close" (func $close (;0;) (type 0)))
  (import "wasi_unstable" "fd_close" (func (;1;) (type 0)))
  (import "wasi_unstable" "proc_exit" (func $exit (;2;) (type 1)))
  (memory (;0;) 1)
  (memory $wasi_vfs::memory (;1;) 1)
  (export "memory" (memory 0))
  (export "close" (func $wasi_vfs::fd_close))
  (export "sync" (func $wasi_vfs::fd_sync))
  (func $wasi_vfs::only_in_zero (;3;) (type 0) (param i32) (result i32)
    local.get 0
    call $"wasi_vfs::errno.8(i32)"
  )
  (func $wasi_vfs::fd_close (;4;) (type 0) (param i32) (result i32)
    block (result i32) ;; label = @1
      block ;; label = @2
        local.get 0
        if ;; label = @3
          nop
        else
          i32.const 9
          br 2 (;@1;)
        end
      end
      local.get 0
      call $wasi_vfs::only_in_zero
    end
    block ;; label = @1
      block ;; label = @2
        local.get 0
        br_if 0 (;@2;)
        br 1 (;@1;)
      end
    end
    block ;; label = @1
      i32.const 2
      call $close
      drop
    end
    block ;; label = @1
      i32.const 3
      call $close
      drop
    end
    block ;; label = @1
      br 0 (;@1;)
    end
    i32.const 0
    local.set 0
    local.get 0
    i32.add
  )
  (func $wasi_vfs::fd_sync (;5;) (type 0) (param i32) (result i32)
    i32.const 2
  )
  (func $"wasi_vfs::errno.8(i32)" (;6;) (type 0) (param i32) (result i32)
    i32.const 8
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
