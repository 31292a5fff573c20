// Where the tablet is. It is found out in the background, and nothing ever waits for it.
import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** A Position as records hold it: degrees, and metres of accuracy. */
export interface Position { lat: number; lon: number; accuracy: number }

/** A Fix is the best reading so far; failed says that there will be none. */
export interface Fix { position: Position | null; failed: boolean }

/** How long a reading is held to be better than a newer one that is less accurate, in ms. */
const fresh = 120_000

/** Finds out where the tablet is for as long as the screen is shown, if it is wanted. */
export function usePosition(wanted = true): Signal<Fix> {
  const fix = useSignal<Fix>({ position: null, failed: false })
  useEffect(() => {
    if (!wanted) return
    if (!('geolocation' in navigator)) {
      fix.value = { position: null, failed: true }
      return
    }
    let at = 0
    const id = navigator.geolocation.watchPosition(({ coords, timestamp }) => {
      const worse = fix.value.position !== null && coords.accuracy > fix.value.position.accuracy && timestamp - at < fresh
      if (worse) return
      at = timestamp
      fix.value = { position: { lat: places(coords.latitude, 6), lon: places(coords.longitude, 6), accuracy: places(coords.accuracy, 1) }, failed: false }
    }, () => { if (fix.value.position === null) fix.value = { position: null, failed: true } }, { enableHighAccuracy: true, maximumAge: 30_000 })
    return () => navigator.geolocation.clearWatch(id)
  }, [wanted])
  return fix
}

const places = (n: number, digits: number): number => Number(n.toFixed(digits))
