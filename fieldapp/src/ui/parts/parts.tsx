// The pieces that screens are made of. Whatever is tapped is at least 48 px, and has its words beside or in it.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

import type { Stored, Whereabouts } from '../../store/api'
import { back, place } from '../route'
import { toast } from '../state'
import { t } from '../words'
import { Icon, type IconName } from './icons'

/** Tells the styles how high the steps below are, so that what was just done is said above them. It goes to 0 with them. */
const steps = new ResizeObserver((all) => {
  const last = all.at(-1)?.target as HTMLElement
  document.documentElement.style.setProperty('--next', `${last.offsetHeight}px`)
})
const measure = (footer: Element | null): void => { if (footer) steps.observe(footer) }

/** A Screen has a title and a way back above, and the next step below. */
export function Screen({ title, actions, next, children, home = false }: {
  title: ComponentChildren; actions?: ComponentChildren; next?: ComponentChildren; children: ComponentChildren; home?: boolean
}) {
  return (
    <div class="screen">
      <header class="bar">
        {!home && <IconButton icon="back" flips label={t('app.back')} onClick={back} />}
        <h1>{title}</h1>
        {actions}
      </header>
      <main class="body">{children}</main>
      {next !== undefined && <footer class="next" ref={measure}>{next}</footer>}
    </div>
  )
}

type ButtonLook = 'main' | 'done' | 'plain' | 'risky' | ''

/** A Button does something; while it cannot, why says why not, and the button stays where the focus is. */
export function Button({ look = '', icon, children, why = '', onClick, type = 'button' }: {
  look?: ButtonLook; icon?: IconName; children: ComponentChildren; why?: string; onClick?: () => void; type?: 'button' | 'submit'
}) {
  const id = useId()
  return (
    <>
      <button type={type} class={`button ${look}`} aria-disabled={why !== ''} aria-describedby={why === '' ? undefined : id} onClick={why === '' ? onClick : (e) => e.preventDefault()}>
        {icon && <Icon name={icon} />}
        {children}
      </button>
      {why !== '' && <span id={id} class="soft small">{why}</span>}
    </>
  )
}

export function IconButton({ icon, label, onClick, flips = false }: { icon: IconName; label: string; onClick: () => void; flips?: boolean }) {
  return (
    <button type="button" class="icon" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} flips={flips} />
    </button>
  )
}

/** A Name is what somebody is called: it is isolated, since it may be written the other way round than the language. */
export const Name = ({ children }: { children: ComponentChildren }) => <bdi>{children}</bdi>

type Tone = 'good' | 'warn' | 'bad' | ''

/** A Note says something that matters here. With alert, it is read out at once, and comes to where it is seen. */
export function Note({ tone = '', alert = false, children }: { tone?: Tone; alert?: boolean; children: ComponentChildren }) {
  const note = useRef<HTMLDivElement>(null)
  useEffect(() => { if (alert) note.current?.scrollIntoView({ block: 'nearest' }) }, [])
  return <div ref={note} class={`note ${tone}`} role={alert ? 'alert' : undefined}>{children}</div>
}

/** Loading stands where something is read that is not there yet. */
export const Loading = () => <p role="status" class="loading">{t('app.loading')}</p>

/** Where says in words where a record is. */
export function Where({ record }: { record: Stored }) {
  const tone: Record<Whereabouts, Tone> = { saved: 'warn', sending: 'warn', received: 'good', attention: 'bad' }
  return <span class={`tag ${tone[record.where]}`}>{t(`where.${record.where}`)}</span>
}

/** A Field is a visible label, what is filled in, a hint, and what is wrong with it. */
export function Field({ label, hint, fault, children }: {
  label: string; hint?: string; fault?: string; children: (of: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ComponentChildren
}) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-more`, 'aria-invalid': fault !== undefined && fault !== '' })}
      <span id={`${id}-more`}>
        {hint && <span class="hint">{hint}</span>}
        {fault && <span class="fault"> {fault}</span>}
      </span>
    </div>
  )
}

/** A TextField is one line of text, or several. */
export function TextField({ label, hint, fault, value, onInput, lines = 1, ...more }: {
  label: string; hint?: string; fault?: string; value: string; onInput: (text: string) => void; lines?: number
  type?: 'text' | 'search' | 'date' | 'tel' | 'password'; inputMode?: 'text' | 'numeric' | 'decimal' | 'tel'; autocapitalize?: 'characters' | 'words' | 'off'; min?: string; max?: string
}) {
  return (
    <Field label={label} {...(hint ? { hint } : {})} {...(fault ? { fault } : {})}>
      {(of) => lines > 1
        ? <textarea {...of} class="input" rows={lines} dir="auto" value={value} onInput={(e) => onInput(e.currentTarget.value)} />
        : <input dir="auto" autocomplete="off" {...(more as object)} {...of} class="input" value={value} onInput={(e) => onInput(e.currentTarget.value)} />}
    </Field>
  )
}

/** Choices are one of several, each a word to tap. */
export function Choices({ label, hint, options, value, onPick }: {
  label: string; hint?: string; options: { value: string; label: ComponentChildren }[]; value: string; onPick: (value: string) => void
}) {
  const name = useId()
  return (
    <fieldset class="field">
      <legend>{label}</legend>
      {hint && <span class="hint">{hint}</span>}
      <div class="choices">
        {options.map((o) => (
          <label class="choice" key={o.value}>
            <input type="radio" name={name} value={o.value} checked={o.value === value} onChange={() => onPick(o.value)} />
            <span>{o.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** A Check is yes or no. */
export function Check({ children, checked, onPick }: { children: ComponentChildren; checked: boolean; onPick: (is: boolean) => void }) {
  return (
    <label class="choice">
      <input type="checkbox" checked={checked} onChange={(e) => onPick(e.currentTarget.checked)} />
      <span class="row"><i class="tick">{checked && <Icon name="check" />}</i>{children}</span>
    </label>
  )
}

/** A Stepper is a quantity, with a button for one less and one more. */
export function Stepper({ label, hint, value, onInput }: { label: string; hint?: string; value: number; onInput: (n: number) => void }) {
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(of) => (
        <div class="stepper">
          <button type="button" class="button" aria-label={t('app.less', { what: label })} onClick={() => onInput(Math.max(0, value - 1))}><Icon name="minus" /></button>
          <input {...of} class="input number" inputMode="decimal" value={String(value)} onInput={(e) => { const n = Number(e.currentTarget.value.replace(',', '.')); if (!Number.isNaN(n)) onInput(n) }} />
          <button type="button" class="button" aria-label={t('app.more', { what: label })} onClick={() => onInput(value + 1)}><Icon name="plus" /></button>
        </div>
      )}
    </Field>
  )
}

/** How long it stays said what was just done, in ms; longer where it can be taken back. What it says stands elsewhere too. */
const shownFor = { plain: 6_000, undo: 20_000 }

/** The Toast says what was just done, with a way to take it back. */
export function Toast() {
  const said = toast.value
  const here = `${place.value.screen}/${place.value.id}`
  const shown = said && (said.at ?? here) === here
  const room = useRef('') // where there is some for it, which stays: nothing moves under a finger when it goes
  if (shown) room.current = here
  useEffect(() => {
    const timer = setTimeout(() => { if (toast.value === said) toast.value = null }, said?.undo ? shownFor.undo : shownFor.plain)
    return () => clearTimeout(timer)
  }, [said])
  return (
    <div role="status" aria-live="polite" {...(room.current === here ? { class: 'room' } : {})}>
      {shown && (
        <div class="toast">
          <span class="grow">{said.text}</span>
          {said.undo && <Button onClick={() => { toast.value = null; void said.undo?.() }}>{t('app.undo')}</Button>}
          <IconButton icon="close" label={t('app.dismiss')} onClick={() => (toast.value = null)} />
        </div>
      )}
    </div>
  )
}
