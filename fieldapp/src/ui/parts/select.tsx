// One of many, by the list that the tablet itself shows.
import { Icon } from './icons'
import { Field } from './parts'

/** A Select begins with no choice where value is ''. */
export function Select({ label, hint, options, value, onPick }: {
  label: string; hint?: string; options: { value: string; label: string }[]; value: string; onPick: (value: string) => void
}) {
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(of) => (
        <div class="select">
          <select {...of} class="input" value={value} onChange={(e) => onPick(e.currentTarget.value)}>
            {value === '' && <option value="">–</option>}
            {options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
          </select>
          <Icon name="down" />
        </div>
      )}
    </Field>
  )
}
