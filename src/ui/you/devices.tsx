import { useEffect, useId, useState } from 'react'
import type { DeviceView } from '../../peer/index.ts'
import { CloseButton, Sheet } from '../parts/sheet.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { askRemoval, deviceWords, sayDevice, sayRemove } from '../words/device-words.ts'

/** The devices that share the person's files; all but this one can be removed. Nothing while there are none. */
export function Devices() {
  const { model, clock } = useShell()
  const devices = useDevices()
  const [removing, setRemoving] = useState<DeviceView>()
  if (devices.length === 0) return null
  return (
    <section className="card">
      <h2>{deviceWords.title}</h2>
      <p className="soft">{devices.length === 1 ? deviceWords.alone : deviceWords.share}</p>
      <ul className="devices" aria-label={deviceWords.title}>
        {devices.map((device) => (
          <li key={device.id} className="pair wrap">
            <div className="grows">
              <b className="strong">{device.label}</b> {device.isThis && <span className="badge">{deviceWords.thisOne}</span>}
              <p className="soft small">{sayDevice(device, clock.now())}</p>
              {device.isCopied === true && <p className="soft small">{deviceWords.copied}</p>}
            </div>
            {!device.isThis && (
              <button type="button" className="button" aria-label={sayRemove(device.label)} onClick={() => setRemoving(device)}>
                {deviceWords.remove}
              </button>
            )}
          </li>
        ))}
      </ul>
      {removing !== undefined && (
        <RemoveDevice
          device={removing}
          onClose={() => setRemoving(undefined)}
          onRemove={() => {
            model.ask((running) => running.removeDevice(removing.id))
            setRemoving(undefined)
          }}
        />
      )}
    </section>
  )
}

function RemoveDevice({
  device,
  onClose,
  onRemove,
}: {
  readonly device: DeviceView
  readonly onClose: () => void
  readonly onRemove: () => void
}) {
  const title = useId()
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={onClose}>
      <div className="close">
        <CloseButton onClose={onClose} />
      </div>
      <h2 id={title}>{askRemoval(device.label)}</h2>
      <p>{deviceWords.waits}</p>
      <p className="soft">{deviceWords.canRead}</p>
      <div className="actions">
        <button type="button" className="button danger" onClick={onRemove}>
          {sayRemove(device.label)}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {deviceWords.keep}
        </button>
      </div>
    </Sheet>
  )
}

/** Asks the peer for the devices whenever its list of files was changed, sent, looked at or restored. */
export function useDevices(): readonly DeviceView[] {
  const { model } = useShell()
  const { peer } = useScreen()
  const [devices, setDevices] = useState<readonly DeviceView[]>([])
  useEffect(() => {
    let isCurrent = true
    model.peer
      .then(async (running) => {
        const found = await running.devices()
        if (isCurrent) setDevices(found)
      })
      .catch(() => undefined)
    return () => {
      isCurrent = false
    }
  }, [model, peer.list, peer.words, peer.restore?.is])
  return devices
}
