// One of a list that may be long.
import type { ComponentChildren } from 'preact'
import { useSignal } from '@preact/signals'

import { t } from '../words'
import { Button, Choices, TextField } from './parts'

/** How many are shown as words to tap without being looked for. */
const few = 8

/** Picker shows a short list to tap, and lets a long one be narrowed down by typing. What was picked stands alone. */
export function Picker({ label, options, value, onPick }: {
  label: string; options: { value: string; text: string; label: ComponentChildren }[]; value: string; onPick: (value: string) => void
}) {
  const asked = useSignal('')
  const picked = options.find((o) => o.value === value)
  if (options.length <= few) return <Choices label={label} options={options} value={value} onPick={onPick} />
  if (picked) {
    return (
      <div class="field" role="group" aria-label={label}>
        <span class="label">{label}</span>
        <div class="row wrap"><strong class="grow">{picked.label}</strong><Button onClick={() => onPick('')}>{t('app.change')}</Button></div>
      </div>
    )
  }
  const found = options.filter((o) => plain(o.text).includes(plain(asked.value))).slice(0, few)
  return (
    <div class="stack">
      <TextField label={label} hint={t('app.narrow')} value={asked.value} onInput={(v) => (asked.value = v)} />
      <div class="choices" role="group" aria-label={label}>
        {found.map((o) => <Button key={o.value} onClick={() => { asked.value = ''; onPick(o.value) }}>{o.label}</Button>)}
        {found.length === 0 && <p class="soft" role="status">{t('app.none_such')}</p>}
      </div>
    </div>
  )
}

/** Leaves out accents and case, by which two spellings of a name may differ. */
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase().trim()
