// The rescue file: everything unsent in one encrypted file, for when the tablet cannot reach the office any more.
import { useSignal } from '@preact/signals'

import { Button, Note, Screen, TextField } from '../parts/parts'
import { explain, status, store } from '../state'
import { dayOf, t } from '../words'

/** The fewest characters that its passphrase has. */
const minPassphrase = 12

export function Rescue() {
  const file = useSignal<File | null>(null)
  return (
    <Screen title={t('rescue.title')}>
      <p>{t('rescue.what')}</p>
      <p>{t('rescue.encrypted')}</p>
      {file.value ? <Made file={file.value} /> : <Make onMade={(made) => (file.value = made)} />}
    </Screen>
  )
}

/** Make asks for the passphrase twice, as nobody can open the file without it. */
function Make({ onMade }: { onMade: (file: File) => void }) {
  const first = useSignal('')
  const second = useSignal('')
  const fault = useSignal('')
  const busy = useSignal(false)
  const make = async (): Promise<void> => {
    busy.value = true
    try {
      const content = await store.rescue(first.value)
      onMade(new File([content], `satchel-rescue-${dayOf(Date.now())}.txt`, { type: 'text/plain' }))
    } catch (error) {
      fault.value = explain(error)
    }
    busy.value = false
  }
  const short = [...first.value].length < minPassphrase
  const why = short ? t('rescue.short', { count: minPassphrase }) : first.value !== second.value ? t('rescue.differ') : ''
  return (
    <form class="stack" onSubmit={(e) => { e.preventDefault(); if (why === '' && !busy.value) void make() }}>
      {status.value && <p>{t('rescue.unsent', { count: status.value.unsent })}</p>}
      {status.value && status.value.unsentProofs > 0 && <p>{t('sync.unsent_proofs', { count: status.value.unsentProofs })}</p>}
      {fault.value !== '' && <Note tone="bad" alert>{fault.value}</Note>}
      <TextField label={t('rescue.passphrase')} hint={t('rescue.passphrase_hint', { count: minPassphrase })} type="password" autocapitalize="off" value={first.value} onInput={(v) => (first.value = v)} />
      <TextField label={t('rescue.again')} type="password" autocapitalize="off" value={second.value} onInput={(v) => (second.value = v)} />
      {busy.value ? <p role="status">{t('rescue.busy')}</p> : <Button look="main" type="submit" why={why}>{t('rescue.make')}</Button>}
    </form>
  )
}

/** Made hands the file out: to another app where the tablet can, else as a download. */
function Made({ file }: { file: File }) {
  const fault = useSignal('')
  const share = async (): Promise<void> => {
    try {
      await navigator.share({ files: [file], title: file.name })
    } catch (error) {
      if ((error as DOMException).name !== 'AbortError') fault.value = t('rescue.not_shared')
    }
  }
  return (
    <div class="stack">
      <Note tone="good" alert>{t('rescue.made')}</Note>
      {fault.value !== '' && <Note tone="bad" alert>{fault.value}</Note>}
      {navigator.canShare?.({ files: [file] }) && <Button look="main" onClick={() => void share()}>{t('rescue.share')}</Button>}
      <Button onClick={() => download(file)}>{t('rescue.download')}</Button>
      <p>{t('rescue.then')}</p>
    </div>
  )
}

function download(file: File): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = file.name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000) // by then the browser has it
}
