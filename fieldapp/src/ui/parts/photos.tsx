// Photos that prove something: taken here, shown small, taken out again.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import { keepPhoto, type Proof } from '../photo'
import { explain, store } from '../state'
import { t } from '../words'
import { Icon } from './icons'
import { Button, Note } from './parts'

export function Photos({ photos, onInput }: { photos: Proof[]; onInput: (photos: Proof[]) => void }) {
  const busy = useSignal(false)
  const fault = useSignal('')
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return
    busy.value = true
    fault.value = ''
    try {
      const photo = await keepPhoto(file)
      onInput([...photos.filter((p) => p.sha256 !== photo.sha256), photo])
    } catch (error) {
      fault.value = error instanceof Error ? t('proof.photo_failed') : explain(error)
    }
    busy.value = false
  }
  return (
    <div class="stack">
      {photos.length > 0 && (
        <ul class="photos">
          {photos.map((p, i) => (
            <li key={p.sha256}>
              <Picture proof={p} label={t('proof.photo_n', { n: i + 1 })} />
              <Button onClick={() => onInput(photos.filter((other) => other !== p))}>{t('proof.remove')}<span class="hidden-text"> {t('proof.photo_n', { n: i + 1 })}</span></Button>
            </li>
          ))}
        </ul>
      )}
      <label class="button">
        <Icon name="camera" />{busy.value ? t('proof.photo_busy') : photos.length > 0 ? t('proof.photo_more') : t('proof.photo')}
        <input class="hidden-text" type="file" accept="image/*" capture="environment" onChange={(e) => { void take(e.currentTarget.files?.[0]); e.currentTarget.value = '' }} />
      </label>
      {fault.value !== '' && <Note tone="bad" alert>{fault.value}</Note>}
    </div>
  )
}

/** Picture shows a proof that the tablet holds. */
export function Picture({ proof, label }: { proof: Proof; label: string }) {
  const source = useSignal('')
  const missing = useSignal(false)
  useEffect(() => {
    let made = ''
    void store.proof(proof.sha256).then((found) => {
      missing.value = found === null
      if (found) source.value = made = URL.createObjectURL(new Blob([found.content as Uint8Array<ArrayBuffer>], { type: found.mediaType }))
    }, () => (missing.value = true))
    return () => { if (made !== '') URL.revokeObjectURL(made) }
  }, [proof.sha256])
  if (missing.value) return <p class="soft">{label}: {t('proof.not_here')}</p>
  return source.value === '' ? null : <img src={source.value} alt={label} class="picture" />
}
