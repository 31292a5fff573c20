// Correcting a household or one of its members. Only what was changed is written.
import type { ID, Stored } from '../../store/api'
import { useDraft } from '../draft'
import { useLoaded } from '../load'
import { Button, Note, Screen } from '../parts/parts'
import { Restored } from '../parts/restored'
import { back } from '../route'
import { store, toast } from '../state'
import { text, valueOf } from '../values'
import { t } from '../words'
import { Basics, Contact, Member } from './register/fields'
import { flawOf, valueIn, valuesOf, yearFits, type Fields } from './register/state'

/** A Correcting is what was changed, by field. */
interface Correcting { fields: Fields }

export function Edit({ id, rest }: { id: ID; rest: string[] }) {
  const { value: record, error } = useLoaded(() => store.get(id), id)
  const draft = useDraft<Correcting>('edit', id, rest[0] ?? '', { fields: {} })
  const changed = draft.content.value.fields
  const fields = record ? { ...textsOf(record), ...changed } : {}
  const set = (name: string, is: string): void => draft.set({ fields: { ...changed, [name]: is } })
  const save = async (looked: Stored): Promise<void> => {
    const edited = Object.fromEntries(Object.entries(changed).map(([name, is]) => [name, valueIn(name, is)]))
    if (await draft.save([{ kind: 'edit', record: looked, fields: edited }])) saved()
  }
  const household = record?.collection === 'households'
  const flaw = Object.keys(changed).length === 0 ? t('edit.nothing') : whyNot(household ? flawOf(fields, []) : memberFlaw(fields))
  return (
    <Screen title={t(household ? 'edit.household' : 'edit.member')} {...(record ? { next: <Button look="done" icon="check" why={flaw} onClick={() => void save(record)}>{t('app.save')}</Button> } : {})}>
      {error !== '' && <Note tone="bad" alert>{error}</Note>}
      <Restored draft={draft} />
      {record && draft.ready.value && (household ? <><Basics fields={fields} set={set} /><Contact fields={fields} set={set} /></> : <Member fields={fields} set={set} />)}
    </Screen>
  )
}

/** Adds a member to a household. */
export function AddMember({ id, rest }: { id: ID; rest: string[] }) {
  const draft = useDraft<Correcting>('member', id, rest[0] ?? '', { fields: {} })
  const { fields } = draft.content.value
  const save = async (): Promise<void> => {
    const made = { kind: 'create' as const, collection: 'people', id: await store.newID(), fields: { household: valueOf(id), ...valuesOf(fields) } }
    if (await draft.save([made])) saved()
  }
  return (
    <Screen title={t('household.add_member')} next={<Button look="done" icon="check" why={whyNot(memberFlaw(fields))} onClick={() => void save()}>{t('app.save')}</Button>}>
      <Restored draft={draft} />
      {draft.ready.value && <Member fields={fields} set={(name, is) => draft.set({ fields: { ...fields, [name]: is } })} />}
    </Screen>
  )
}

function saved(): void {
  toast.value = { text: t('edit.saved') }
  back()
}

const memberFlaw = (fields: Fields) => ((fields['name'] ?? '').trim() === '' ? 'member_name_first' : yearFits(fields['birth_year'] ?? '') ? '' : 'year')

const whyNot = (flaw: ReturnType<typeof flawOf> | ReturnType<typeof memberFlaw>): string => (flaw === '' ? '' : t(`register.${flaw}`))

/** Gives what a record's fields hold as texts. */
const textsOf = (record: Stored): Fields => Object.fromEntries(Object.keys(record.fields).map((name) => [name, text(record, name)]))

