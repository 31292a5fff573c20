import { Failed } from './failure'
import type { Env } from './env'

const nonceBytes = 12
const utf8 = new TextEncoder()
const fromUTF8 = new TextDecoder()

/** A Box seals what must not be read without a PIN: a random nonce of 12 bytes, and AES-256-GCM behind it. The place, as
 * kind/id, is authenticated with it: only that place can open it. */
export class Box {
  private constructor(readonly env: Env, private readonly key: CryptoKey) {}

  /** Makes a box of a key of 32 bytes. */
  static async of(env: Env, key: Uint8Array<ArrayBuffer>): Promise<Box> {
    return new Box(env, await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']))
  }

  async seal(kind: string, id: string, content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const nonce = this.env.random(nonceBytes)
    const sealed = await crypto.subtle.encrypt(place(kind, id, nonce), this.key, content)
    const out = new Uint8Array(nonceBytes + sealed.byteLength)
    out.set(nonce)
    out.set(new Uint8Array(sealed), nonceBytes)
    return out
  }

  /** The inverse of seal. It fails with damaged. */
  async open(kind: string, id: string, sealed: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = sealed as Uint8Array<ArrayBuffer>
    try {
      const algorithm = place(kind, id, bytes.subarray(0, nonceBytes))
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, this.key, bytes.subarray(nonceBytes)))
    } catch {
      throw new Failed('damaged', `${kind} ${id} cannot be opened`)
    }
  }

  /** Seals x as JSON. */
  pack(kind: string, id: string, x: unknown): Promise<Uint8Array> {
    return this.seal(kind, id, utf8.encode(JSON.stringify(x)))
  }

  /** The inverse of pack. */
  async unpack<T>(kind: string, id: string, sealed: Uint8Array): Promise<T> {
    return JSON.parse(fromUTF8.decode(await this.open(kind, id, sealed))) as T
  }
}

function place(kind: string, id: string, nonce: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: utf8.encode(`${kind}/${id}`) }
}
