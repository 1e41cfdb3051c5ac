import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { answerFirst } from './channels/answer-first.ts'
import { releaseClosedChannels } from './channels/closed-channels.ts'
import { dhtService } from './dht/dht.ts'
import { mendInitChannel } from './channels/init-channel.ts'
import { startPeerNetwork, type NetworkOptions, type PeerNetwork } from './peer-network.ts'

/** Starts a node of the swarm in Node, over real WebRTC. Resolves before any relay answers; watch `network.state()`. */
export async function createNodeNetwork(options: NetworkOptions): Promise<PeerNetwork> {
  mendInitChannel(RTCPeerConnection)
  answerFirst(RTCPeerConnection)
  releaseClosedChannels(RTCPeerConnection)
  return startPeerNetwork({ ...options, limits: { connections: 256, ...options.limits } }, dhtService)
}
