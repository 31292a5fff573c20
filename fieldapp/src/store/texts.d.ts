// Files that the builder takes in as their text.
declare module '*.sql' {
  const text: string
  export default text
}
declare module '*.csv' {
  const text: string
  export default text
}
