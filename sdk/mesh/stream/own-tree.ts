import { FANOUT, NO_FANOUT_LIMIT } from '../../protocol/broadcast-frame.js'
import type { Core } from '../core.js'
import type { Peer } from '../peer.js'
import type { Trees } from '../route/tree.js'

/** What is known of the group elsewhere. */
export interface GroupView {
  /** There are more others than I may link with. */
  isPartial(): boolean
  /** I would have a session with this member. */
  admits(peer: Peer): boolean
}

/** The tree as it is between two changes of links. */
export interface TreePlan {
  readonly fanout: number
  /** Neighbors that pass on what I broadcast. */
  readonly branches: readonly string[]
  /** Whom they pass it on to, themselves included, each with the members that it goes through. */
  readonly covered: ReadonlyMap<string, string>
}

const noPlan: TreePlan = { fanout: NO_FANOUT_LIMIT, branches: [], covered: new Map() }

/** The tree that all I broadcast takes, whatever stream it is of. */
export class OwnTree {
  readonly #core: Core
  readonly #trees: Trees
  readonly #group: GroupView
  #plan = noPlan
  #isOld = true
  #frames = 0

  constructor(core: Core, trees: Trees, group: GroupView) {
    this.#core = core
    this.#trees = trees
    this.#group = group
  }

  /** Links have changed: the plan is made anew when it is asked for. */
  refresh(): void {
    this.#isOld = true
  }

  /** The same object until links change. */
  get plan(): TreePlan {
    if (this.#isOld) this.#plan = this.#make()
    this.#isOld = false
    return this.#plan
  }

  /** Counts the frames that go down it. */
  nextFrame(): number {
    return this.#frames++
  }

  #make(): TreePlan {
    const fanout = this.#group.isPartial() ? FANOUT : NO_FANOUT_LIMIT
    const tree = this.#trees.of(this.#core.id, fanout)
    const branches = (tree.get(this.#core.id) ?? []).filter((id) => tree.has(id))
    const covered = new Map(branches.map((id) => [id, '']))
    for (const [id, through] of covered) {
      for (const child of tree.get(id) ?? []) covered.set(child, `${through} ${id}`)
    }
    // Whoever stands in the tree reads what it carries.
    const isRead = [...covered.keys()].every((id) => this.#isAdmitted(id))
    return { fanout, branches, covered: isRead ? covered : new Map() }
  }

  #isAdmitted(id: string): boolean {
    const peer = this.#core.peers.get(id)
    return peer !== undefined && this.#group.admits(peer)
  }
}
