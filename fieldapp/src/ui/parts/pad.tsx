// A pad to sign on, with a finger, a pen or a mouse.
import { useEffect, useRef } from 'preact/hooks'

import { drawInk, padHeight, type Stroke } from '../ink'
import { t } from '../words'
import { Button } from './parts'

/** Pad shows strokes, and gives them with a new one as soon as that is drawn. */
export function Pad({ label, strokes, onInput }: { label: string; strokes: Stroke[]; onInput: (strokes: Stroke[]) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const drawing = useRef<Stroke | null>(null)

  const draw = (): void => {
    if (canvas.current) drawInk(canvas.current, drawing.current ? [...strokes, drawing.current] : strokes)
  }
  useEffect(draw)

  const add = (e: PointerEvent): void => {
    const box = canvas.current?.getBoundingClientRect()
    if (!box || !drawing.current) return
    const at = (px: number): number => Math.round((px * 1000) / box.width)
    drawing.current.push(at(e.clientX - box.left), at(e.clientY - box.top))
    draw()
  }
  const begin = (e: PointerEvent): void => {
    if (!e.isPrimary || e.button !== 0) return
    canvas.current?.setPointerCapture(e.pointerId)
    drawing.current = []
    add(e)
  }
  const end = (): void => {
    const stroke = drawing.current
    drawing.current = null
    if (stroke) onInput([...strokes, stroke])
  }
  return (
    <div class="field">
      <div class="row wrap"><h2 class="grow">{label}</h2>{strokes.length > 0 && <Button onClick={() => onInput([])}>{t('proof.clear')}</Button>}</div>
      <canvas ref={canvas} class="pad" width={1000} height={padHeight} role="img" aria-label={strokes.length > 0 ? t('proof.signed') : t('proof.sign_here')}
        onPointerDown={begin} onPointerMove={add} onPointerUp={end} onPointerCancel={end} />
      <span class="hint">{t('proof.sign_here')}</span>
    </div>
  )
}
