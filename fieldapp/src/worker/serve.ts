import type { Store } from '../store/api'
import type { Answer, Call } from '../store/client'
import { failureOf } from '../store/failure'

/** Has a store answer calls. Bytes that it gives are handed over, not copied. */
export async function answer(store: Store, { id, method, args }: Call, send: (answer: Answer, over: Transferable[]) => void): Promise<void> {
  try {
    const result: unknown = await (store[method] as (...args: unknown[]) => Promise<unknown>)(...args)
    send({ id, result }, bytesIn(result))
  } catch (e) {
    send({ id, failure: failureOf(e) }, [])
  }
}

function bytesIn(x: unknown): Transferable[] {
  if (x instanceof Uint8Array) return [x.buffer as ArrayBuffer]
  const content = (x as { content?: unknown } | null)?.content
  return content instanceof Uint8Array ? [content.buffer as ArrayBuffer] : []
}
