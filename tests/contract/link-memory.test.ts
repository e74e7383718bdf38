import { createMemoryNetwork } from '../../sdk/link/memory.js'
import { describeLinks } from './link.js'

describeLinks('memory', () => {
  const network = createMemoryNetwork()
  return { transport: network.transport, openConnections: () => network.openEnds }
})
