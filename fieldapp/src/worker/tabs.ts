/// <reference lib="webworker" />
const name = 'satchel-store'

/** Tabs settle which tab has the store: one at a time, the browser's lock decides. One that ends or crashes lets go by
 * itself; one that is asked to finishes what it does first. */
export class Tabs {
  readonly #channel = new BroadcastChannel(name)
  /** Ends the holding of the lock; null while another tab has it. */
  #letGo: (() => void) | null = null
  /** Ends once the store that the lock is held for is open. */
  #taken: Promise<void> = Promise.resolve()
  #waiting: AbortController | null = null

  constructor(private readonly take: () => Promise<void>, private readonly release: () => Promise<void>) {
    this.#channel.onmessage = () => void this.#asked()
  }

  /** Takes the store if no other tab has it, and waits for it otherwise. It ends as soon as it is known which. */
  async begin(): Promise<void> {
    await new Promise<void>((known) => {
      void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
        if (lock) return this.#hold(known)
        known()
        this.#wait()
      })
    })
  }

  /** Asks the tab that has the store for it. */
  ask(): void {
    this.#channel.postMessage('hand over')
  }

  async #asked(): Promise<void> {
    if (this.#letGo) {
      const letGo = this.#letGo
      this.#letGo = null
      await this.#taken
      await this.release()
      letGo()
    }
    this.#wait() // whoever asked comes first
  }

  #wait(): void {
    this.#waiting?.abort()
    const waiting = new AbortController()
    this.#waiting = waiting
    navigator.locks.request(name, { signal: waiting.signal }, () => this.#hold(() => {})).catch(() => {}) // it was called off
  }

  async #hold(known: () => void): Promise<void> {
    this.#waiting = null
    const held = new Promise<void>((letGo) => { this.#letGo = letGo })
    await (this.#taken = this.take())
    known()
    await held
  }
}
