// Photos as the office wants them: small enough for a village's link, and without what a camera writes into them.
import { officeNow } from './clock'
import { bytesOf } from './ink'
import { store } from './state'

/** A Proof names the bytes of a photo or signature, as docs/protocol.md says in section 10. */
export interface Proof { sha256: string; type: string; bytes: number; at?: number }

/** The longest side of a photo, in pixels, and the most that the office takes, in bytes. */
const longest = 1280
const most = 2 << 20

/** Keeps a photo that was taken, turned as it was held. */
export async function keepPhoto(file: Blob): Promise<Proof> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  let bytes = await bytesOf(canvas, 'image/jpeg', 0.8)
  if (bytes.length > most) bytes = await bytesOf(canvas, 'image/jpeg', 0.5)
  return keep(bytes, 'image/jpeg')
}

/** Keeps bytes in the store until the office has them. */
export async function keep(content: Uint8Array, type: string): Promise<Proof> {
  return { sha256: await store.keepProof(content, type), type, bytes: content.length, at: officeNow() }
}
