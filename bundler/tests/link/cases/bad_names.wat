;; Sections that only tools read are replaced or left out when they are malformed; that is no reason to refuse a program.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call 0 (i32.const 3))))
  (@custom "name" (after data) "\01\08\02\01\01a\00\01bXX")
  (@custom "producers" (after data) "\01\0cprocessed-by\02")
  (@custom "target_features" (after data) "\01"))
