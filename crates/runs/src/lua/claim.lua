-- Claims runs that stayed silent. KEYS: leases, suspects. ARGV: grace ms, claim ms, limit, lifetime of the sets in s.
-- First sight makes a suspect; a suspect that is still silent after the grace period is leased to the caller.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local grace, limit = tonumber(ARGV[1]), tonumber(ARGV[3])
local claimed = {}

for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - grace, 'LIMIT', 0, limit)) do
  redis.call('ZREM', KEYS[2], member)
  local score = redis.call('ZSCORE', KEYS[1], member)
  if score and tonumber(score) <= now then
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), member)
    claimed[#claimed + 1] = member
  end
end

for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)) do
  redis.call('ZADD', KEYS[2], 'NX', now, member)
end
redis.call('EXPIRE', KEYS[2], ARGV[4])
return claimed
