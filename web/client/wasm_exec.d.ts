/** The Go installation's wasm_exec.js, which tools/build puts into the worker's bundle. */
declare module "wasm_exec";
