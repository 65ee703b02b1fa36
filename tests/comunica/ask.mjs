// Answers the queries that come in as JSON from the fragments at the address given, with Comunica.
import { readFileSync } from "node:fs";
import { QueryEngine } from "@comunica/query-sparql";

const engine = new QueryEngine();
const sources = [{ type: "qpf", value: process.argv[2] }];
const answers = [];
for (const query of JSON.parse(readFileSync(0, "utf8"))) {
  const result = await engine.query(query, { sources });
  const { data } = await engine.resultToString(result, "application/sparql-results+json");
  let text = "";
  for await (const chunk of data) text += chunk;
  answers.push(JSON.parse(text));
}
console.log(JSON.stringify(answers));
