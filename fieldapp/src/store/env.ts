/** An Env is all that the store has of the world: a clock, chance, the network and waiting. Nothing else is global. */
export interface Env {
  /** The tablet's clock, in ms since 1970 UTC. */
  now(): number
  /** Random bytes that nobody can guess. */
  random(bytes: number): Uint8Array<ArrayBuffer>
  fetch(path: string, request: RequestInit): Promise<Response>
  /** Ends after so many ms, or rejects when the signal says stop. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
