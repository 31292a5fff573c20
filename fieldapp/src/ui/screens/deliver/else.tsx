// Something to hand over that is not due.
import { useSignal } from '@preact/signals'

import type { Stored } from '../../../store/api'
import type { Item } from '../../due'
import { Button, Name, Note, Stepper } from '../../parts/parts'
import { Picker } from '../../parts/picker'
import { text } from '../../values'
import { t } from '../../words'
import type { Step } from './deliver'

/** Else asks for a type, a project and a quantity. */
export function Else({ kinds, onAdd, onCancel }: { kinds: Step['kinds']; onAdd: (item: Item) => void; onCancel: () => void }) {
  const projects = Object.values(kinds.projects)
  const type = useSignal('')
  const project = useSignal(projects.length === 1 ? (projects[0]?.id ?? '') : '')
  const count = useSignal(1)
  const unit = text(kinds.types[type.value], 'unit')
  const unready = type.value === '' ? t('deliver.type_first') : project.value === '' ? t('deliver.project_first') : count.value <= 0 ? t('deliver.quantity_first') : ''
  return (
    <section class="card stack">
      <h2>{t('deliver.else')}</h2>
      {projects.length === 0 && <Note tone="warn">{t('deliver.no_projects')}</Note>}
      <Picker label={t('fields.deliveries.assistance_type')} options={options(Object.values(kinds.types), 'name')} value={type.value} onPick={(v) => (type.value = v)} />
      <Picker label={t('fields.deliveries.project')} options={options(projects, 'title')} value={project.value} onPick={(v) => (project.value = v)} />
      <Stepper label={unit ? t('deliver.how_many', { unit }) : t('fields.deliveries.quantity')} value={count.value} onInput={(n) => (count.value = n)} />
      <Button look="main" why={unready} onClick={() => onAdd({ type: type.value, project: project.value, entitlement: '', person: '', quantity: count.value })}>{t('deliver.add')}</Button>
      <Button look="plain" onClick={onCancel}>{t('app.cancel')}</Button>
    </section>
  )
}

const options = (records: Stored[], field: string) =>
  records.map((r) => ({ value: r.id, text: text(r, field), label: <Name>{text(r, field)}</Name> })).sort((a, b) => a.text.localeCompare(b.text))
