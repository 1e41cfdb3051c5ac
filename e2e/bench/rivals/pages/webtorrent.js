// The released browser build with its defaults. Only what would leave this machine is switched off: public trackers and public STUN servers.
import WebTorrent from 'webtorrent/dist/webtorrent.min.js'
import { chosenFile, rtcConfiguration, sha256Of } from './files.js'

const client = new WebTorrent({ tracker: { rtcConfig: rtcConfiguration() } })
let torrent
let takenBytes = 0

globalThis.rival = {
  /** Seeds the chosen file and resolves with its magnet link. */
  async give(tracker) {
    const file = chosenFile()
    torrent = await new Promise((resolve) => client.seed(file, { announce: [tracker] }, resolve))
    return torrent.magnetURI
  },
  /** Resolves once the metadata is here and a peer is connected; nothing is selected yet. */
  async meet(magnet) {
    torrent = client.add(magnet, { deselect: true })
    await new Promise((resolve) => torrent.once('ready', resolve))
    if (torrent.numPeers === 0) await new Promise((resolve) => torrent.once('wire', resolve))
  },
  /** Fetches the file and resolves with the milliseconds until every piece was verified. */
  async take() {
    const missing = new Set(torrent.pieces.keys())
    const began = performance.now()
    await new Promise((resolve) => {
      torrent.on('verified', (index) => {
        if (missing.delete(index)) takenBytes += index === torrent.pieces.length - 1 ? torrent.lastPieceLength : torrent.pieceLength
        if (missing.size === 0) resolve()
      })
      torrent.files[0].select()
    })
    return performance.now() - began
  },
  /** Returns the bytes of the pieces verified so far. */
  taken: () => takenBytes,
  /** Returns the SHA-256 of what is kept now. */
  digest: async () => sha256Of(await torrent.files[0].blob()),
}
