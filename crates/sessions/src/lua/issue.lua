-- Makes a token the one live token of an account.
-- KEYS: account's token, new token. ARGV: account, new token, lifetime s, prefix of token keys.
local old = redis.call('GET', KEYS[1])
if old then
  redis.call('DEL', ARGV[4] .. old)
end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
