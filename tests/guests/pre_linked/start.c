// What a program begins with, as wasi-sdk 34 has it: the package that its C library is taken from has none.
void __wasm_call_ctors(void);
void __wasm_call_dtors(void);
int __main_void(void);
_Noreturn void _Exit(int code);

#ifdef REACTOR
__attribute__((export_name("_initialize"))) void _initialize(void) { __wasm_call_ctors(); }
#else
__attribute__((export_name("_start"))) void _start(void) {
  __wasm_call_ctors();
  int code = __main_void();
  __wasm_call_dtors();
  if (code) _Exit(code);
}
#endif
