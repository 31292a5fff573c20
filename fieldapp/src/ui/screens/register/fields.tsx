// The fields of a household and of its members, as they are filled in and corrected.
import type { Stored } from '../../../store/api'
import { store } from '../../state'
import { useLoaded } from '../../load'
import { Choices, Name, TextField } from '../../parts/parts'
import { Picker } from '../../parts/picker'
import { text } from '../../values'
import { dayOf, t } from '../../words'
import { relations, yearFits, type Fields } from './state'

type Part = { fields: Fields; set: (name: string, is: string) => void }

/** Basics are the fields without which there is no household. */
export function Basics({ fields, set }: Part) {
  const areas = useLoaded(async () => ({ own: await store.areas(), all: await store.list('areas', '') }))
  return (
    <>
      <TextField label={t('fields.households.head_name')} hint={t('register.name_hint')} autocapitalize="words" value={fields['head_name'] ?? ''} onInput={(v) => set('head_name', v)} />
      {areas.value && <Picker label={t('fields.households.area')} options={options(areas.value.own, areas.value.all)} value={fields['area'] ?? ''} onPick={(v) => set('area', v)} />}
      <Choices label={t('fields.households.status')} value={fields['status'] ?? ''} onPick={(v) => set('status', v)}
        options={(['idp', 'returnee', 'refugee', 'host'] as const).map((value) => ({ value, label: t(`choice.${value}`) }))} />
    </>
  )
}

/** Gives the tablet's areas to choose from, each with what it is a part of, since villages share names. */
function options(areas: Stored[], all: Stored[]) {
  const names = new Map(all.map((a) => [a.id, text(a, 'name')]))
  return areas.map((a) => {
    const called = [text(a, 'name'), names.get(text(a, 'parent'))].filter(Boolean).join(', ')
    return { value: a.id, text: called, label: <Name>{called}</Name> }
  }).sort((a, b) => a.text.localeCompare(b.text))
}

/** Contact is how to find the household. */
export function Contact({ fields, set }: Part) {
  const today = dayOf(Date.now())
  return (
    <>
      <TextField label={t('fields.households.card_number')} autocapitalize="characters" value={fields['card_number'] ?? ''} onInput={(v) => set('card_number', v)} />
      <TextField label={t('fields.households.phone')} type="tel" inputMode="tel" value={fields['phone'] ?? ''} onInput={(v) => set('phone', v)} />
      <TextField label={t('fields.households.address')} hint={t('register.address_hint')} value={fields['address'] ?? ''} onInput={(v) => set('address', v)} />
      <TextField label={t('fields.households.place_of_origin')} autocapitalize="words" value={fields['place_of_origin'] ?? ''} onInput={(v) => set('place_of_origin', v)} />
      <div class="two stack">
        <TextField label={t('fields.households.displaced_on')} type="date" max={today} value={fields['displaced_on'] ?? ''} onInput={(v) => set('displaced_on', v)} />
        <TextField label={t('fields.households.returned_on')} type="date" max={today} value={fields['returned_on'] ?? ''} onInput={(v) => set('returned_on', v)} />
      </div>
      <TextField label={t('fields.households.notes')} lines={2} value={fields['notes'] ?? ''} onInput={(v) => set('notes', v)} />
    </>
  )
}

/** Member is who somebody is. The head's name stands with the household. */
export function Member({ fields, set, isHead = false }: Part & { isHead?: boolean }) {
  const year = fields['birth_year'] ?? ''
  return (
    <>
      {!isHead && <TextField label={t('fields.people.name')} autocapitalize="words" value={fields['name'] ?? ''} onInput={(v) => set('name', v)} />}
      <Choices label={t('fields.people.sex')} value={fields['sex'] ?? ''} onPick={(v) => set('sex', v)}
        options={(['female', 'male', 'other'] as const).map((value) => ({ value, label: t(`choice.${value}`) }))} />
      <div class="two stack">
        <TextField label={t('fields.people.birth_year')} hint={t('register.year_hint')} inputMode="numeric" value={year} fault={yearFits(year) ? '' : t('register.year')} onInput={(v) => set('birth_year', v)} />
        <TextField label={t('fields.people.born_on')} hint={t('register.born_hint')} type="date" max={dayOf(Date.now())} value={fields['born_on'] ?? ''} onInput={(v) => set('born_on', v)} />
      </div>
      {!isHead && (
        <Choices label={t('fields.people.relation')} value={fields['relation'] ?? ''} onPick={(v) => set('relation', v)}
          options={relations.slice(1).map((value) => ({ value, label: t(`relation.${value}`) }))} />
      )}
      <TextField label={t('fields.people.document_number')} autocapitalize="characters" value={fields['document_number'] ?? ''} onInput={(v) => set('document_number', v)} />
    </>
  )
}
