/** Broken is shown when the app cannot begin at all. It speaks English, since it may be the words that are missing. */
export function Broken({ error }: { error: unknown }) {
  return (
    <main class="body"><div role="alert" class="stack">
      <h1>The app cannot start</h1>
      <p>What was recorded on this tablet is safe. Close the app and open it again; if that does not help, show this to the office.</p>
      <p class="soft small">{String(error)}</p>
    </div></main>
  )
}
