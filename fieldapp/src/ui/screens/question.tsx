// The answer to what the office asks.
import type { Stored } from '../../store/api'
import { officeNow } from '../clock'
import { useDraft } from '../draft'
import { useLoaded } from '../load'
import { Button, Note, Screen, TextField } from '../parts/parts'
import { Restored } from '../parts/restored'
import { back } from '../route'
import { store, toast } from '../state'
import { valueOf } from '../values'
import { t } from '../words'
import { Asked } from './household/questions'

export function Question({ id, rest }: { id: string; rest: string[] }) {
  const { value: question, error } = useLoaded(() => store.get(id), id)
  const draft = useDraft('question', id, rest[0] ?? '', { answer: '' })
  const { answer } = draft.content.value
  const save = async (asked: Stored): Promise<void> => {
    const fields = { answer: valueOf(answer.trim()), answered_at: valueOf(officeNow()) }
    if (!(await draft.save([{ kind: 'edit', record: asked, fields }]))) return
    toast.value = { text: t('question.saved') }
    back()
  }
  return (
    <Screen title={t('question.title')} {...(question ? { next: (
      <Button look="done" icon="check" why={answer.trim() === '' ? t('question.answer_first') : ''} onClick={() => void save(question)}>{t('app.save')}</Button>
    ) } : {})}>
      {error !== '' && <Note tone="bad" alert>{error}</Note>}
      <Restored draft={draft} />
      {question && draft.ready.value && (
        <>
          <div><Asked question={question} /></div>
          <TextField label={t('question.answer')} lines={4} value={answer} onInput={(v) => draft.set({ answer: v })} />
        </>
      )}
    </Screen>
  )
}
