// One of many, by the list that the tablet itself shows.
import type { Stored } from '../../store/api'
import { text } from '../values'
import { Icon } from './icons'
import { Field } from './parts'

/** A Select begins with no choice where value is '', and goes back to none if it is optional. */
export function Select({ label, hint, options, value, optional = false, onPick }: {
  label: string; hint?: string; options: { value: string; label: string }[]; value: string; optional?: boolean; onPick: (value: string) => void
}) {
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(of) => (
        <div class="select">
          <select {...of} class="input" value={value} onChange={(e) => onPick(e.currentTarget.value)}>
            {(optional || value === '') && <option value="">–</option>}
            {options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
          </select>
          <Icon name="down" />
        </div>
      )}
    </Field>
  )
}

/** Gives projects to choose from. */
export const projectsOf = (projects: Stored[]): { value: string; label: string }[] => projects.map((p) => ({ value: p.id, label: `${text(p, 'code')} ${text(p, 'title')}` }))
