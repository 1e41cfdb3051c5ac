// Bitswap with its defaults over WebRTC between two pages. Of Helia's own libp2p configuration what one file from page to page uses is
// kept; left out is what would leave this machine (bootstrappers, HTTP routing and gateways, public STUN servers) and the DHT.
import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import { unixfs } from '@helia/unixfs'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify, identifyPush } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createHeliaLight } from 'helia'
import { CID } from 'multiformats/cid'
import { chosenFile, rtcConfiguration, sha256Of } from './files.js'

const helia = withBitswap(
  withLibp2pLight(createHeliaLight(), {
    addresses: { listen: ['/p2p-circuit', '/webrtc'] },
    transports: [circuitRelayTransport(), webRTC({ rtcConfiguration: rtcConfiguration() }), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), identifyPush: identifyPush() },
  }),
)
const files = unixfs(helia)
let root
let takenBytes = 0

async function join(relay) {
  await helia.start()
  await helia.libp2p.dial(multiaddr(relay))
}

globalThis.rival = {
  /** Adds the chosen file and resolves with where it is to be had. */
  async give(relay) {
    await join(relay)
    const cid = await files.addByteStream(chosenFile().stream())
    while (!helia.libp2p.getMultiaddrs().some((address) => address.toString().includes('/webrtc'))) {
      await new Promise((resolve) => helia.libp2p.addEventListener('self:peer:update', resolve, { once: true }))
    }
    return { relay, cid: cid.toString(), peer: helia.libp2p.peerId.toString() }
  },
  /** Resolves once a direct connection to the giver is open. */
  async meet({ relay, cid, peer }) {
    root = CID.parse(cid)
    await join(relay)
    const connection = await helia.libp2p.dial(multiaddr(`${relay}/p2p-circuit/webrtc/p2p/${peer}`))
    if (connection.limits != null) throw new Error('the connection is a relayed one')
  },
  /** Fetches the file and resolves with the milliseconds until its last byte was read. */
  async take() {
    const began = performance.now()
    for await (const piece of files.cat(root)) takenBytes += piece.length
    if (takenBytes === 0) throw new Error('nothing came')
    return performance.now() - began
  },
  /** Returns the bytes of the file read so far. */
  taken: () => takenBytes,
  /** Returns the SHA-256 of what is kept now. */
  async digest() {
    const pieces = []
    for await (const piece of files.cat(root, { offline: true })) pieces.push(piece)
    return sha256Of(new Blob(pieces))
  },
}
