// The database's program, as its path beside the bundle.
declare module '*.wasm' {
  const path: string
  export default path
}
