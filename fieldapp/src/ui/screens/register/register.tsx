// Registering a household: who it is, how to find it, and who belongs to it.
import { useEffect } from 'preact/hooks'

import { officeNow } from '../../clock'
import { useDraft, type Filled } from '../../draft'
import { Here } from '../../parts/here'
import { Button, Check, Screen } from '../../parts/parts'
import { Restored } from '../../parts/restored'
import { usePosition } from '../../position'
import { go } from '../../route'
import { store, toast } from '../../state'
import { dayOf, isolated, t } from '../../words'
import { Basics, Contact, Member } from './fields'
import { Alike, AlikeHint } from './alike'
import { flawOf, nothing, registration, type Fields, type Registering } from './state'

export function Register({ rest }: { id: string; rest: string[] }) {
  const draft = useDraft('register', '', rest[0] ?? '', nothing)
  const { household, members } = draft.content.value
  const flaw = flawOf(household, members)
  const save = async (): Promise<void> => {
    const edits = await registration(draft.content.value)
    if (!(await draft.save(edits))) return
    localStorage.setItem('area', household['area'] ?? '')
    toast.value = { text: t('register.saved', { name: isolated(household['head_name'] ?? '') }) }
    const made = edits[0]
    if (made?.kind === 'create') go('household/' + made.id, true)
  }
  return (
    <Screen title={t('home.register')} next={<><AlikeHint /><Button look="done" icon="check" why={flaw === '' ? '' : t(`register.${flaw}`)} onClick={() => void save()}>{t('app.save')}</Button></>}>
      <Restored draft={draft} />
      {draft.ready.value && <Form draft={draft} />}
    </Screen>
  )
}

function Form({ draft }: { draft: Filled<Registering> }) {
  const { household, members } = draft.content.value
  const set = (name: string, is: string): void => draft.set({ household: { ...draft.content.value.household, [name]: is } })
  useArea(household, set)
  return (
    <>
      <Basics fields={household} set={set} />
      <Alike draft={draft} />
      <section class="stack">
        <h2>{t('register.head')}</h2>
        <Member isHead fields={members[0] ?? {}} set={(name, is) => draft.set({ members: changed(members, 0, name, is) })} />
      </section>
      <Members draft={draft} />
      <section class="stack"><h2>{t('register.find')}</h2><Contact fields={household} set={set} /><Place draft={draft} /></section>
      <section class="stack">
        <h2>{t('register.consent')}</h2>
        <p>{t('register.consent_what')}</p>
        <Check checked={(household['consent_on'] ?? '') !== ''} onPick={(is) => set('consent_on', is ? dayOf(officeNow()) : '')}>{t('register.consents')}</Check>
      </section>
    </>
  )
}

/** Fills in the only area, or the one of the last household. */
function useArea(household: Fields, set: (name: string, is: string) => void): void {
  useEffect(() => {
    if (household['area']) return
    void store.areas().then((areas) => {
      const one = areas.length === 1 ? areas[0] : areas.find((a) => a.id === localStorage.getItem('area'))
      if (one) set('area', one.id)
    })
  }, [])
}

const changed = (members: Fields[], at: number, name: string, is: string): Fields[] => members.map((m, i) => (i === at ? { ...m, [name]: is } : m))

function Members({ draft }: { draft: Filled<Registering> }) {
  const { members } = draft.content.value
  return (
    <section class="stack">
      <h2>{t('register.members')}</h2>
      {members.map((m, i) => i > 0 && (
        <div class="card stack" key={i} role="group" aria-label={t('register.member_n', { n: i })}>
          <Member fields={m} set={(name, is) => draft.set({ members: changed(members, i, name, is) })} />
          <Button look="plain" onClick={() => draft.set({ members: members.filter((_, j) => j !== i) })}>{t('register.remove')}</Button>
        </div>
      ))}
      <Button icon="plus" onClick={() => draft.set({ members: [...members, {}] })}>{t('household.add_member')}</Button>
    </section>
  )
}

/** Place takes the position of the dwelling, when the worker says that this is it. */
function Place({ draft }: { draft: Filled<Registering> }) {
  const fix = usePosition()
  const { position } = draft.content.value
  return (
    <div class="stack">
      <Here fix={position ? { position, failed: false } : fix.value} />
      {position
        ? <Button onClick={() => draft.set({ position: null })}>{t('register.position_drop')}</Button>
        : <Button icon="pin" why={fix.value.position ? '' : t('register.position_wait')} onClick={() => draft.set({ position: fix.value.position })}>{t('register.position')}</Button>}
    </div>
  )
}
