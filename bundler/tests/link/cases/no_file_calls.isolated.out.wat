;; wasi_vfs::link::no_file_calls
;; the program imports no file function of `wasi_snapshot_preview1`, so it can't read the files
;; help: is this the right module? A program that is built for `wasm32-unknown-unknown` has no file system
(module
  (type (;0;) (func (param i32)))
  (type (;1;) (func))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (;0;) (type 0)))
  (memory (;0;) 1 1)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (export "grow" (func 2))
  (func (;1;) (type 1)
    memory.size
    call $exit
  )
  (func (;2;) (type 1)
    i32.const 1
    memory.grow
    drop
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
