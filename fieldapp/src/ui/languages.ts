// Which language the worker reads. It is kept where the service worker finds it too: that fetches the texts of this language
// before all others, and a newer release is only complete with them.

/** The languages by tag, each called by its own name. */
export const languages: Record<string, string> = {
  en: 'English', 'sr-Latn': 'Srpski', 'sr-Cyrl': 'Српски', sq: 'Shqip', ar: 'العربية',
}

const cache = 'satchel-language'

/** Gives the tag of the language that the worker chose, or the one that fits the browser best. */
export async function wantedLanguage(): Promise<string> {
  const kept = await (await caches.open(cache)).match('language')
  const chosen = (await kept?.text()) ?? ''
  return chosen in languages ? chosen : best(navigator.languages)
}

/** Keeps the worker's choice. */
export async function chooseLanguage(tag: string): Promise<void> {
  await (await caches.open(cache)).put('language', new Response(tag))
}

/** Gives the language that fits best what a browser asks for. */
export function best(asked: readonly string[]): string {
  for (const one of asked) {
    const [base = '', script = ''] = one.split('-')
    if (base === 'sr') return script === 'Latn' || script === 'ME' ? 'sr-Latn' : 'sr-Cyrl'
    if (base === 'hr' || base === 'bs') return 'sr-Latn'
    if (base in languages) return base
  }
  return 'en'
}
