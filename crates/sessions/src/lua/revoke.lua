-- Ends the live token of an account. KEYS: account's token. ARGV: prefix of token keys.
local token = redis.call('GET', KEYS[1])
if token then
  redis.call('DEL', ARGV[1] .. token)
end
return redis.call('DEL', KEYS[1])
