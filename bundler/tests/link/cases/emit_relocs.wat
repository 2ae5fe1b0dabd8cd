;; A program linked with --emit-relocs: the relocations, which would be wrong, and `linking` are left out without a word.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "hello")
  (func (export "_start") (drop (call $close (i32.const 3))))
  (@custom "linking" (after data) "\02")
  (@custom "reloc.CODE" (after data) "\00\00")
  (@custom "reloc.DATA" (after data) "\00\00")
  (@custom "reloc..debug_info" (after data) "\00\00")
  (@custom "relocations" (after data) "stay"))
