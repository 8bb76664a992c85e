/** A feature set or a request about features that makes no sense: which feature and field, and what to do. */
import { Schema } from "effect"

export class FeatureSetRefused extends Schema.TaggedError<FeatureSetRefused>()("FeatureSetRefused", {
  set: Schema.String,
  /** Empty where the whole set is at fault. */
  feature: Schema.String,
  field: Schema.String,
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message() {
    const feature = this.feature === "" ? "" : `, feature ${this.feature}`
    const field = this.field === "" ? "" : `, ${this.field}`
    return `Feature set ${this.set}${feature}${field}: ${this.reason}. ${this.remedy}`
  }
}
