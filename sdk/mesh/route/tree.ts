import { NO_FANOUT_LIMIT } from '../../protocol/broadcast-frame.js'
import type { Router } from './router.js'

/** Who passes a member's broadcasts on to whom: children by the id of their parent. */
type Tree = ReadonlyMap<string, readonly string[]>

interface Grown {
  readonly id: string
  readonly cost: number
}

/** Costs are compared by how often they double twice: small changes are not to change trees. */
const coarse = (cost: number): number => Math.round(Math.log2(cost) / 2)

const byCost = (a: Grown, b: Grown): number => a.cost - b.cost || (a.id < b.id ? -1 : 1)

/**
 * The tree by which a member's broadcasts reach all: as few steps as the links allow, near ones first. It follows from
 * the roster alone, so members that know the same grow the same tree; where they do not for a moment, some frames come
 * twice or not at all, and authors make up for that.
 */
export class Trees {
  readonly #router: Router
  /** Of each tree that was asked for since links changed, what somebody passes on: trees of large groups are large. */
  readonly #children = new Map<string, readonly string[]>()
  #version = -1

  constructor(router: Router) {
    this.#router = router
  }

  /** The whole tree of an author. `fanout`: how many children a member has at most, if the links allow that. */
  of(author: string, fanout: number): Tree {
    return this.#grow(author, fanout === NO_FANOUT_LIMIT ? Infinity : fanout)
  }

  /** Whom this member passes on to what an author sends. */
  childrenOf(member: string, author: string, fanout: number): readonly string[] {
    if (this.#version !== this.#router.version) this.#children.clear()
    this.#version = this.#router.version
    const name = `${member} ${author} ${String(fanout)}`
    let children = this.#children.get(name)
    if (children === undefined) {
      children = this.of(author, fanout).get(member) ?? []
      this.#children.set(name, children)
    }
    return children
  }

  #grow(root: string, fanout: number): Tree {
    const tree = new Map<string, string[]>()
    const reached = new Set([root])
    for (let level: Grown[] = [{ id: root, cost: 0 }]; level.length > 0;) {
      const next: Grown[] = []
      for (const parent of level.sort(byCost)) {
        if (parent.id !== root && !this.#router.passes(parent.id)) continue
        const children = this.#unreached(parent, reached).slice(0, fanout)
        for (const child of children) reached.add(child.id)
        if (children.length > 0) {
          tree.set(
            parent.id,
            children.map(({ id }) => id),
          )
        }
        next.push(...children)
      }
      level = next
    }
    if (fanout !== Infinity) this.#addRest(tree, reached, root)
    return tree
  }

  #unreached(parent: Grown, reached: ReadonlySet<string>): Grown[] {
    const found: Grown[] = []
    for (const { id, cost } of this.#router.neighborsOf(parent.id)) {
      if (!reached.has(id)) found.push({ id, cost: parent.cost + coarse(cost) })
    }
    return found.sort(byCost)
  }

  /** Whose neighbors are all full already: better more children than nobody to hear from. Each adds to those looked at. */
  #addRest(tree: Map<string, string[]>, reached: Set<string>, root: string): void {
    for (const id of reached) {
      if (id !== root && !this.#router.passes(id)) continue
      const children = this.#unreached({ id, cost: 0 }, reached).map((child) => child.id)
      for (const child of children) reached.add(child)
      if (children.length > 0) tree.set(id, [...(tree.get(id) ?? []), ...children])
    }
  }
}
