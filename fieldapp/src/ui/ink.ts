// A signature: strokes, and the picture that they come to.

/** A Stroke is the way of a pen, x and y in turn, in thousandths of the pad's width. */
export type Stroke = number[]

/** How high the pad is, in thousandths of its width. */
export const padHeight = 500
const pictureWidth = 800

/** Draws strokes on a canvas of any size, dark on white in every light. */
export function drawInk(canvas: HTMLCanvasElement, strokes: Stroke[]): void {
  const pen = canvas.getContext('2d')
  if (pen === null) return
  const unit = canvas.width / 1000
  pen.fillStyle = '#fff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.strokeStyle = pen.fillStyle = '#10151b'
  pen.lineWidth = 6 * unit
  pen.lineCap = pen.lineJoin = 'round'
  for (const [x = 0, y = 0, ...more] of strokes) {
    pen.beginPath()
    pen.moveTo(x * unit, y * unit)
    if (more.length === 0) pen.lineTo(x * unit, y * unit + 0.1)
    for (let i = 0; i < more.length; i += 2) pen.lineTo((more[i] ?? 0) * unit, (more[i + 1] ?? 0) * unit)
    pen.stroke()
  }
}

/** Gives the picture of a signature, as PNG. */
export function inkPicture(strokes: Stroke[]): Promise<Uint8Array> {
  const canvas = document.createElement('canvas')
  canvas.width = pictureWidth
  canvas.height = (pictureWidth * padHeight) / 1000
  drawInk(canvas, strokes)
  return bytesOf(canvas, 'image/png')
}

/** Gives what a canvas shows as a file of a media type. */
export async function bytesOf(canvas: HTMLCanvasElement, type: string, quality?: number): Promise<Uint8Array> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality))
  if (blob === null) throw new Error('the picture could not be made')
  return new Uint8Array(await blob.arrayBuffer())
}
