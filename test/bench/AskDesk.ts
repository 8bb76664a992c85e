/** The entity of bench `ask`: takes a command the size of a submit and answers at once, as an account's handler would. */
import { Effect, Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"

export const shards = 8

const Submit = Rpc.make("Submit", {
  payload: { strategy: Schema.String, intentSeq: Schema.Int, clientOrderId: Schema.String, price: Schema.Number },
  success: Schema.Struct({ intentSeq: Schema.Int, clientOrderId: Schema.String, refused: Schema.String })
})

export const Desk = Entity.make("BenchDesk", [Submit])

export const desks = Desk.toLayer(
  Effect.succeed(
    Desk.of({
      Submit: ({ payload: { clientOrderId, intentSeq } }) => Effect.succeed({ intentSeq, clientOrderId, refused: "" })
    })
  ),
  { concurrency: "unbounded", mailboxCapacity: 4096 }
)

/** What is asked, and the size of its answer on the wire, about. */
export const command = (intentSeq: number) => ({
  strategy: "moving-average-cross",
  intentSeq,
  clientOrderId: "ocm6w3kq2vb7dhz5ta",
  price: 60_000.25
})
