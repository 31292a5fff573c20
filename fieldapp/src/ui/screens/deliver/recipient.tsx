// The second step: who takes it. A tap on a name goes on.
import type { Stored } from '../../../store/api'
import { Icon } from '../../parts/icons'
import { Button, Choices, Name, TextField } from '../../parts/parts'
import { Person } from '../../parts/person'
import { text } from '../../values'
import { t } from '../../words'
import { Frame, type Step } from './deliver'

/** Why somebody else comes, for a tap. */
const reasons = ['ill', 'away', 'frail'] as const

export function Recipient(step: Step) {
  const { draft, family: { household, people } } = step
  const { proxy, proxyName, proxyWhy, recipient } = draft.content.value
  const take = (name: string): void => {
    draft.set({ recipient: name, proxy: false })
    step.next('proof')
  }
  const unready = proxyName.trim() === '' ? t('deliver.proxy_name_first') : proxyWhy.trim() === '' ? t('deliver.proxy_why_first') : ''
  return (
    <Frame step={step} title={t('deliver.who')} next={proxy ? <Button look="main" why={unready} onClick={() => step.next('proof')}>{t('app.next')}</Button> : undefined}>
      {!proxy && people.map((p) => <Card key={p.id} person={p} chosen={recipient === text(p, 'name')} onPick={take} />)}
      {!proxy && people.length === 0 && (
        <button type="button" class="card" onClick={() => take(text(household, 'head_name'))}><strong><Name>{text(household, 'head_name')}</Name></strong></button>
      )}
      {proxy ? (
        <section class="card stack">
          <h2>{t('deliver.somebody_else')}</h2>
          <TextField label={t('deliver.proxy_name')} value={proxyName} autocapitalize="words" onInput={(v) => draft.set({ proxyName: v })} />
          <Choices label={t('deliver.proxy_why')} value={proxyWhy} onPick={(v) => draft.set({ proxyWhy: v })}
            options={reasons.map((r) => ({ value: t(`deliver.why_${r}`), label: t(`deliver.why_${r}`) }))} />
          <TextField label={t('deliver.proxy_why_else')} value={proxyWhy} onInput={(v) => draft.set({ proxyWhy: v })} />
          <Button look="plain" onClick={() => draft.set({ proxy: false, recipient: '' })}>{t('deliver.a_member')}</Button>
        </section>
      ) : <Button icon="person" onClick={() => draft.set({ proxy: true, recipient: text(household, 'head_name') })}>{t('deliver.somebody_else')}</Button>}
    </Frame>
  )
}

function Card({ person, chosen, onPick }: { person: Stored; chosen: boolean; onPick: (name: string) => void }) {
  return (
    <button type="button" class="card row" aria-pressed={chosen} onClick={() => onPick(text(person, 'name'))}>
      <Icon name={chosen ? 'check' : 'person'} /><span class="grow"><Person person={person} /></span>
    </button>
  )
}
