// Reads a pprof file as others do and prints every stack, outermost first, with its samples and its thread.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Profile } from "pprof-format";

const profile = Profile.decode(gunzipSync(readFileSync(process.argv[2])));
const { strings } = profile.stringTable;
const functions = new Map(profile.function.map((one) => [one.id, strings[Number(one.name)]]));
const locations = new Map(profile.location.map((one) => [one.id, functions.get(one.line[0].functionId)]));
const labels = (sample) => Object.fromEntries(sample.label.map((one) => [strings[Number(one.key)], Number(one.num)]));
console.log(
  JSON.stringify({
    types: profile.sampleType.map((one) => [strings[Number(one.type)], strings[Number(one.unit)]]),
    stacks: profile.sample.map((sample) => [
      sample.locationId.map((id) => locations.get(id)).reverse(),
      Number(sample.value[0]),
      labels(sample).tid,
    ]),
  }),
);
