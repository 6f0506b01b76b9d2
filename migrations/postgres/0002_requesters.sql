-- How much somebody has open, and what of theirs was denied, is asked for each new request.
CREATE INDEX request_requester ON request (requester, created_at);
CREATE INDEX request_requester_user ON request (requester_user, created_at);
