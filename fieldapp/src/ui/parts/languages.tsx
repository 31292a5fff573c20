import { languages } from '../languages'
import { direction, language, speak, t } from '../words'
import { Choices } from './parts'

/** Languages lets the worker choose one; each is called by its own name. */
export function Languages() {
  const options = Object.entries(languages).map(([value, name]) => ({ value, label: <bdi lang={value} dir={direction.value}>{name}</bdi> }))
  return <Choices label={t('app.language')} options={options} value={language.value} onPick={(tag) => void speak(tag)} />
}
