/** Modules of ours that take the place of packages which Segment's runtime imports: in every build, and in tests. */
export const standIns = {
  liquidjs: 'src/plugin/subscriptions/liquid.ts',
  '@segment/destination-subscriptions': 'src/plugin/subscriptions/fql.ts',
}
