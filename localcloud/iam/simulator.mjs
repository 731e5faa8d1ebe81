// Evaluates requests against policies with @cloud-copilot/iam-simulate: a line of JSON in (a list of requests), a line
// of JSON out (their results in the same order).
import { createInterface } from 'node:readline'
import { runSimulation } from '@cloud-copilot/iam-simulate'

// 0.1.173 knows keys with a variable part only after a slash, and drops kms:EncryptionContext:NAME and those of identity
// providers (accounts.example.com:sub) from the request. In request and policies they go by names that it takes as any text.
const renamed = (key) => key.replace(/^(?=kms:EncryptionContext:.|[^:/]+\.[^:]+:.)/i, 'aws:PrincipalTag/')
const withKeys = (block) => Object.fromEntries(Object.entries(block).map(([key, value]) => [renamed(key), value]))

function prepared(document) {
  const statements = [document.Statement].flat().map((statement) =>
    statement.Condition
      ? {
          ...statement,
          Condition: Object.fromEntries(
            Object.entries(statement.Condition).map(([operator, block]) => [operator, withKeys(block)]),
          ),
        }
      : statement,
  )
  return { ...document, Version: document.Version ?? '2012-10-17', Statement: statements }
}

const policies = (documents) =>
  Object.entries(documents).map(([name, document]) => ({ name, policy: prepared(document) }))
const places = (analysis, list) =>
  (analysis?.[list] ?? []).map((item) => [item.policyId ?? '', item.statement.index() - 1])

const everything = (analysis) =>
  (analysis?.identityAnalysis?.allowStatements ?? []).some((item) =>
    [item.statement.toJSON().Resource].flat().includes('*'),
  )

async function evaluate({ principal, action, resource, account, context, identity, boundary, session, resourcePolicy }) {
  const answer = await runSimulation(
    {
      request: { principal, action, resource: { resource, accountId: account }, contextVariables: withKeys(context) },
      identityPolicies: policies(identity),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      sessionPolicy: session ? prepared(session) : undefined,
      permissionBoundaryPolicies: boundary ? policies(boundary) : undefined,
      resourcePolicy: resourcePolicy ? prepared(resourcePolicy) : undefined,
    },
    {},
  )
  if (answer.resultType === 'error') return { result: 'Error', error: JSON.stringify(answer.errors) }
  const analysis = (answer.result ?? answer.results[0])?.analysis
  return {
    // For a request on "*" the simulator asks whether anything may be allowed; here it names no resource at all
    result: answer.resultType === 'wildcard' && !everything(analysis) ? 'ImplicitlyDenied' : answer.overallResult,
    identity: places(analysis?.identityAnalysis, 'allowStatements'),
    resource: places(analysis?.resourceAnalysis, 'allowStatements').map(([, index]) => index),
    identityResult: analysis?.identityAnalysis?.result,
    resourceResult: analysis?.resourceAnalysis?.result,
    sessionResult: analysis?.sessionAnalysis?.result,
    boundaryResult: analysis?.permissionBoundaryAnalysis?.result,
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await Promise.all(JSON.parse(line).map(evaluate))))
}
