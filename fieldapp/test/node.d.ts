// What the tests use of Node.js. Its own types would tell the app that it has all of Node.js too.

declare module 'node:test' {
  export function test(name: string, run: () => void | Promise<void>): void
}

declare module 'node:assert/strict' {
  export function equal(got: unknown, want: unknown, message?: string): void
  export function deepEqual(got: unknown, want: unknown, message?: string): void
  export function ok(got: unknown, message?: string): asserts got
  export function rejects(got: Promise<unknown>, want?: (err: unknown) => boolean, message?: string): Promise<void>
  export function throws(run: () => unknown, want?: (err: unknown) => boolean, message?: string): void
}

declare module 'node:fs' {
  export function readFileSync(path: string): Uint8Array
  export function readFileSync(path: string, encoding: 'utf8'): string
  export function readdirSync(path: string): string[]
}

declare module 'node:crypto' {
  export const webcrypto: Crypto
}

declare module 'node:readline' {
  export function createInterface(options: { input: unknown; crlfDelay?: number }): AsyncIterable<string>
}

declare module 'node:process' {
  export const env: Record<string, string | undefined>
  export const argv: string[]
  export const stdin: AsyncIterable<Uint8Array>
  export const stdout: { write(text: string): boolean }
  export function exit(code: number): never
}

declare function setImmediate(run: () => void): void
