// The library's one-file build has no types of its own: they are those of its main entry. That build loads in a fifth of the time.

declare module 'echarts/dist/echarts.esm.min.mjs' {
  export { init } from 'echarts';
}
